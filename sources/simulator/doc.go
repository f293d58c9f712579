// Package simulator is a review platform of its own and the source that speaks
// with it. It serves the demo and every end-to-end test: whatever a real
// platform does to a bot (moderation, lost answers, waiting orders, edits and
// removals by the author) this one does on request.
//
// [Platform] is the platform: a state machine with its own clock, and an
// [net/http.Handler]. [Source] is the client, an ordinary source like any other.
// They share the JSON of this package and no memory.
//
// # The API
//
// All calls carry "Authorization: Bearer TOKEN". Errors are
// {"error":{"code":"…","message":"…"}}.
//
//	GET    /v1/reviews?order=desc|asc&limit=N&since=TIME&cursor=C
//	       200 {"reviews":[…],"next":"C"}   by time of last change; desc is the default;
//	       since is inclusive and needs asc; no next on the last page
//	GET    /v1/reviews/{id}                 200 the review with the reply that stands there now
//	PUT    /v1/reviews/{id}/reply           {"text":"…"}; 200 {"id","url","state":"live"|"pending"}
//	DELETE /v1/reviews/{id}/reply           204
//	POST   /v1/reviews/{id}/reports         {"ground":"…","note":"…"}; 204, where the rules name grounds
//
// Codes: unauthorized (401), forbidden (403, this review only), not_found (404),
// already_replied (409), too_long and refused (422), bad_cursor and bad_request
// (400), rate_limited (429, perhaps with Retry-After), unavailable (503, nothing
// was done), trouble (500, something may have been done).
//
// GET /reviews/{id} is a plain page for people, without a token.
//
// # The other side
//
// What customers, moderators and mishaps do is told to the Platform by its
// methods or, from another process, by calls with the admin token:
//
//	POST   /admin/reviews                   a customer writes: a review as JSON; 201
//	PATCH  /admin/reviews/{id}              the author edits: {"rating","title","body"}; 200
//	DELETE /admin/reviews/{id}              the author removes it; 204
//	PUT    /admin/reviews/{id}/reply        somebody answers on the site: {"text"}; 204
//	DELETE /admin/reviews/{id}/reply        the site takes the reply down; 204
//	PUT    /admin/faults                    [{"kind":"lose","ops":["reply"],"times":1},…] replaces all; 204
//	PUT    /admin/rules                     replaces the rules; 204
//	POST   /admin/clock                     {"advance":"1h30m"}; 200 {"now":TIME}
//	GET    /admin/state                     everything, with every call received, as JSON
package simulator
