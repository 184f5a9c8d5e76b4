import { PageHead } from "@/components/page";

export default function Quick() {
  return <PageHead title="quick" />;
}
