// What only the pages of staff need.
import "../styles/staff.css";
import "./check-all";
import "./guided-text";
import "./row-keys";
