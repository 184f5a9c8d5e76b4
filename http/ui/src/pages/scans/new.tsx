import { PageHead } from "@/components/page";

export default function NewScan() {
  return <PageHead title="scans/new" />;
}
