import { PageHead } from "@/components/page";

export default function SystemPage() {
  return <PageHead title="system/system" />;
}
