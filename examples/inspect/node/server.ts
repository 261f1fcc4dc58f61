import express from "express";
import _ from "lodash";
import moment from "moment";
import pino from "pino";

const log = pino();
const app = express();

app.get("/", (_request, response) => {
  response.json({ node: process.version, now: moment().toISOString(), memory: _.pick(process.memoryUsage(), "rss") });
});

app.listen(3000, () => log.info("listening on port 3000"));
