import { PageHead } from "@/components/page";

export default function AddressPage() {
  return <PageHead title="hosts/address" />;
}
