// Package webconsole is the first chat: pages served by the program itself,
// where a team sees its reviews, decides with buttons, writes in threads and
// types commands. It is a chat adapter like any other. The desk posts neutral
// cards to it, it keeps them as notes in storage, draws them as HTML, and
// brings presses back as invocations. It passes bot/bottest.
//
//	desk ──Post/Update──► notes in storage ──templates──► pages
//	person ──form──► guard ──► Invocation ──► desk ──Outcome──► a notice
//
// # Pages
//
//	/                  the inbox; ?view= quiet, going, done, history, all, mine
//	/case/42           its thread: cards, messages, a box to write in
//	/case/42/record    revisions as word diffs, drafts, approvals, replies,
//	                   facts, audit trail
//	/numbers           how ratings, times, promises and causes go: pictures,
//	                   tables, files; ?period=12w&source=shop
//	/notices           what concerns no single case, month by month: digests,
//	                   alerts about causes, incidents
//	/help              commands and keys
//	/enter?invite=…    signing in by a one-time link
//
// Everything works with plain HTML forms. With JavaScript, htmx keeps people
// where they are: answers appear as notices, forms in a sheet, and what others
// do shows up by server-sent events.
//
// # Who is who
//
// A person is a session: a cookie whose hash is in storage, with the name and
// role of the invitation it came from. On loopback the person at the machine
// is signed in as lead, but only for a request that comes from loopback, names
// a loopback host and was not forwarded by a proxy. The session's own secret
// keys its CSRF token.
//
// # Untrusted words
//
// Customers' words pass through html/template and never leave their element:
// each text stands in its own bidirectional isolate, invisible and control
// characters are shown as small marks, and stacks of combining marks are
// thinned out. The content security policy allows no inline script or style
// and no foreign host.
package webconsole
