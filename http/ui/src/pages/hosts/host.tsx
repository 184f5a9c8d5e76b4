import { PageHead } from "@/components/page";

export default function HostPage() {
  return <PageHead title="hosts/host" />;
}
