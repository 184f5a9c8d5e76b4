// Does something at most once in a while: at once when it is quiet, and once more after a burst.
export class Throttle {
  #timer: ReturnType<typeof setTimeout> | null = null;
  #isAsked = false;

  constructor(
    private readonly ms: number,
    private readonly act: () => void,
  ) {}

  ask(): void {
    if (this.#timer) {
      this.#isAsked = true;
      return;
    }
    this.act();
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (!this.#isAsked) return;
      this.#isAsked = false;
      this.ask();
    }, this.ms);
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#isAsked = false;
  }
}
