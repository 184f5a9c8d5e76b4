import { PageHead } from "@/components/page";

export default function RawPage() {
  return <PageHead title="batches/raw" />;
}
