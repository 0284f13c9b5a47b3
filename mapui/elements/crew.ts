// What the page of a crew needs, beside what every page has.
import "../styles/staff.css";
import "../styles/result.css";
import "../styles/outbox.css";
import "../styles/crew.css";
import "./kept-form";
import "./out-box";
import "./outbox-forms";
import "./outbox-state";
import "./photo-list";
