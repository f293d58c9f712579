// Package handover tells other programs what happened: every entry of the
// audit log is sent to each of the team's targets as a signed webhook.
//
// It follows the audit log. For each target a cursor is kept in the store, and
// a row of work makes sure that one process at a time follows it:
//
//	audit log ──► cursor of the target ──► POST, signed ──2xx──► cursor moves
//
// What holds:
//
//   - Nothing is lost: the cursor moves only after a 2xx. A crash between the
//     answer and the cursor sends the entry again, with the same webhook-id.
//   - Order: the entries of one case come in the order of the log. A target
//     that is down is waited for. An entry that a target refuses (4xx) holds
//     back its own case only; it is tried again, and so are those behind it.
//   - Nothing waits for a target: it is another lane, and a target that fails
//     again and again is shown to people as needing attention.
//   - A target cannot be used to reach into the network: addresses that are
//     not public are refused when the connection is made, after the name was
//     looked up, unless the operator allows the host. Redirects are not
//     followed; answers are bounded in size and time.
//
// A new target begins with what happens after it was added. Signatures are
// those of Standard Webhooks (https://www.standardwebhooks.com). What is sent
// is described by docs/schema/event.json.
package handover
