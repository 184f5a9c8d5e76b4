import { PageHead } from "@/components/page";

export default function Compare() {
  return <PageHead title="scans/compare" />;
}
