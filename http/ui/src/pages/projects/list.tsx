import { PageHead } from "@/components/page";

export default function Projects() {
  return <PageHead title="projects/list" />;
}
