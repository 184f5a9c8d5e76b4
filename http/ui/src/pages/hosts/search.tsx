import { PageHead } from "@/components/page";

export default function SearchPage() {
  return <PageHead title="hosts/search" />;
}
