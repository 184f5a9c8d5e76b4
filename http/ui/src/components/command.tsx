// A command as one would type it. Its words stay whole: a line does not end within `--scan-delay`.
import { shell } from "@/lib/format";

export function Command({ argv }: { argv: readonly string[] }) {
  return (
    <bdi>
      {argv.map((word, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a word is known by its place
        <span key={at}>
          <span className="inline-block max-w-full break-words">{shell([word])}</span>{" "}
        </span>
      ))}
    </bdi>
  );
}
