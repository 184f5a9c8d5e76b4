import { PageHead } from "@/components/page";

export default function Profiles() {
  return <PageHead title="profiles" />;
}
