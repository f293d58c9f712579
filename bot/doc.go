// Package bot is the desk: it takes reviews in, brings them into chats, lets
// people decide, has drafts written and checked, publishes what was approved,
// looks whether it is live, and keeps at it until each case is done.
//
// The desk owns no state. Everything it knows is in storage; everything it
// still has to do is a row of work there. A row is done by one worker at a
// time, and its completing write carries what it did, so the desk can be
// killed at any moment and goes on where it was.
//
//	sources ──Intake──► case + work ──announce──► chat
//	chat ──Press──► commands row ──review.Apply──► storage ──cards──► chat
//	work: triage · draft · publish · verify · settle · expire · poll · cards
//
// Cards are drawn from the case and from nothing else: for every case and chat
// there is a set of cards that ought to stand there ([Cards]), and the work of
// kind cards makes the chat agree with it, posting what is missing and
// redrawing what differs. That is why a chat that was down for a day catches
// up by itself.
//
// Chats are the adapters below this package. They translate: a neutral [Card]
// into their own blocks, and a press back into a [commands.Invocation].
package bot
