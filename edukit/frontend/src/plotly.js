export { default } from "plotly.js/lib/core";
