import { PageHead } from "@/components/page";

export default function Scans() {
  return <PageHead title="scans/list" />;
}
