import "../styles/filing-asking.css";
import "../styles/filing-files.css";
import "../styles/filing-seen.css";
import "../styles/filing.css";
import "./category-search";
import "./place-finder";
import "./nearby-open";
import "./staged-files";
// The form first: it brings a draft back before the steps ask where to begin.
import "./filing-form";
import "./filing-steps";
