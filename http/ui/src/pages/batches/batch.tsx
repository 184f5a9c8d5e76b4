import { PageHead } from "@/components/page";

export default function BatchPage() {
  return <PageHead title="batches/batch" />;
}
