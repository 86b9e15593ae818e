// Refer somebody over the broker from Node, and print what comes back: npm ci && node partner.mjs ward.json
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";

import amqplib from "amqplib";
import { CompactEncrypt, importJWK } from "jose";

const me = JSON.parse(await readFile(process.argv[2] ?? "ward.json", "utf8"));
const NAME = "referral-submitted.v1";

/** Return data so that only the platform can read it. */
async function sealed(data) {
  const { keys: [key] } = await (await fetch(me.amqp.seal_to)).json();
  const header = { alg: "ECDH-ES+A256KW", enc: "A256GCM", kid: key.kid };
  return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(data)))
    .setProtectedHeader(header)
    .encrypt(await importJWK(key, header.alg));
}

const event = {
  specversion: "1.0",
  id: randomUUID(),
  source: "ward-records",
  type: `uk.onward.${NAME}`,
  datacontenttype: "application/jose",
  data: await sealed({
    service_id: me.services["Step-down house (sandbox)"],
    person: { given_name: "Sam", family_name: "Synthetic" },
    lawful_basis: { code: "direct-care" },
    consent: { given: true },
  }),
};
const connection = await amqplib.connect(
  {
    protocol: me.amqp.tls ? "amqps" : "amqp",
    hostname: me.amqp.host,
    port: me.amqp.port,
    vhost: me.amqp.virtual_host,
    username: me.client_id,
    password: me.client_secret,
  },
  me.amqp.tls ? { ca: me.amqp.authority ? [me.amqp.authority] : undefined } : {},
);
const channel = await connection.createConfirmChannel();
channel.on("return", () => { throw new Error("Nobody takes events of this name."); });
channel.publish("onward.intake", `${me.organisation}.${NAME}`, Buffer.from(JSON.stringify(event)), {
  userId: me.client_id,
  contentType: "application/cloudevents+json",
  mandatory: true,
});
await channel.waitForConfirms();
await channel.consume(me.amqp.queue, (message) => {
  console.log(message.content.toString());
  channel.ack(message);
});
