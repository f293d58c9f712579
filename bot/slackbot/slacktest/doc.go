// Package slacktest is a Slack for tests: the Web API methods that the bot
// uses, Socket Mode, signed HTTP deliveries, and the people who press and
// type. It enforces what Slack enforces, so that a test fails here and not in
// somebody's workspace:
//
//   - acknowledgements within 3 seconds,
//   - triggers that open one view within 3 seconds, a stack of three views,
//   - the structure and the limits of blocks, views and texts,
//   - rates per channel and method, answered with 429 and Retry-After,
//   - tokens, scopes, membership, archived and missing channels,
//   - metadata, threads whose parent is gone, ephemeral messages,
//   - response URLs: five times within half an hour,
//   - deliveries that come twice, in another order, on any of the connections,
//     and connections that are announced to close or just break.
//
// @slack/bolt is a second client of it (see testdata/peers): what Bolt does
// not understand, this fake must not say.
//
// Only tests import it.
package slacktest
