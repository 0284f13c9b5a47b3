// What only the pages of staff need.
import "../styles/staff.css";
import "../styles/desk.css";
import "../styles/unit.css";
import "../styles/casework.css";
import "./check-all";
import "./guided-text";
import "./row-keys";
