// What only the pages of staff need.
import "../styles/staff.css";
import "../styles/desk.css";
import "../styles/unit.css";
import "../styles/casework.css";
import "../styles/call.css";
import "../styles/roster.css";
import "../styles/people.css";
import "./call-form";
import "./check-all";
import "./combo-box";
import "./chosen-count";
import "./guided-text";
import "./kept-form";
import "./photo-list";
import "./reply-words";
import "./row-keys";
