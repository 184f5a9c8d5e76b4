import { PageHead } from "@/components/page";

export default function Difficult() {
  return <PageHead title="difficult" />;
}
