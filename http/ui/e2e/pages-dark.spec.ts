// Every page in its dark look. Two files, so that both looks are tested at the same time.
import { testsOfPages } from "./pages";

testsOfPages("dark");
