import { PageHead } from "@/components/page";

export default function Overview() {
  return <PageHead title="overview" />;
}
