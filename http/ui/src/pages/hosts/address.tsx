// The history of one address over all scans, also of one that was never found up.
import { Link, useParams } from "@tanstack/react-router";
import { RotateCw, Search } from "lucide-react";
import { useMay } from "@/app/session";
import { buttonClass } from "@/components/basics";
import { CopyButton } from "@/components/copy";
import { PageHead } from "@/components/page";
import { Empty } from "@/components/states";
import { isAddress } from "@/lib/address";
import { visible } from "@/lib/text";
import { HistoryCard } from "./history";

export default function AddressPage() {
  const { address = "" } = useParams({ strict: false });
  const mayScan = useMay("operator");
  const shown = visible(address);
  if (!isAddress(address))
    return (
      <>
        <PageHead title="Address" />
        <Empty
          title="That is no address"
          action={
            <Link to="/search" search={{ q: address } as never} className={buttonClass("primary")}>
              <Search aria-hidden className="size-4" />
              Search for it
            </Link>
          }
        >
          <bdi className="break-all">{shown}</bdi> is no address of IPv4 or IPv6. Names, services
          and parts of addresses are found by the search.
        </Empty>
      </>
    );
  return (
    <>
      <PageHead
        title={<span className="num">{shown}</span>}
        name={shown}
        crumbs={[{ label: "Search", to: "/search" }]}
        actions={
          <>
            <CopyButton text={address} label="Copy address" />
            {mayScan ? (
              <Link
                to="/scans/new"
                search={{ targets: address } as never}
                className={buttonClass("plain", "sm")}
              >
                <RotateCw aria-hidden className="size-3.5" />
                Scan again
              </Link>
            ) : null}
          </>
        }
      />
      <HistoryCard key={address} address={address} />
    </>
  );
}
