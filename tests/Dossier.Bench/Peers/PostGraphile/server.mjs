// PostGraphile 5 as its documentation has it: the Amber preset, the pg adaptor, a plain Node server. One service for each database.
// The registry's tables have no foreign keys; its relation from an agreement to its revisions is told by a smart tag.
import "./old-node.mjs";
import { createServer } from "node:http";
import { postgraphile } from "postgraphile";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { pgSmartTags } from "postgraphile/utils";

const service = (name) => makePgService({
  name,
  connectionString: process.env[name.toUpperCase()],
  schemas: ["public"],
  pgSettingsKey: `${name}_settings`,
  withPgClientKey: `${name}_client`,
  pgSubscriberKey: null,
  pubsub: false,
  poolConfig: { max: Number(process.env.CONNECTIONS) },
});

const preset = {
  extends: [PostGraphileAmberPreset],
  plugins: [
    pgSmartTags([
      {
        serviceName: "registry",
        kind: "class",
        match: "agreement_revision",
        tags: { foreignKey: "(customer, id) references agreement (customer, id)|@fieldName agreement|@foreignFieldName revisions" },
      },
    ]),
  ],
  pgServices: ["webcare", "telephony", "administration", "registry"].map(service),
  grafast: { explain: false },
  grafserv: { graphiql: false, watch: false },
};

const pgl = postgraphile(preset);
const serv = pgl.createServ(grafserv);
const server = createServer();
server.on("error", (error) => { throw error; });
await serv.addTo(server);
await serv.ready();
if (process.env.PRINT_SCHEMA) {
  const { printSchema } = await import("postgraphile/graphql");
  console.error(printSchema(await pgl.getSchema()));
}
server.listen(0, "127.0.0.1", () => console.log(`listens on http://127.0.0.1:${server.address().port}`));

// It ends when whoever started it does.
process.stdin.on("end", () => process.exit(0)).resume();
