import { PageHead } from "@/components/page";

export default function ScanPage() {
  return <PageHead title="scans/scan" />;
}
