import { PageHead } from "@/components/page";

export default function Project() {
  return <PageHead title="projects/project" />;
}
