// Package llm reads reviews and writes drafts: with a language model behind any
// OpenAI-compatible endpoint ([Client]), or without one ([Offline]).
//
// Both do the same two things. Triage reads a review and suggests what it is
// about; Draft writes a reply, sentence by sentence, each with the claims it
// answers and the source it rests on. The text of a draft is always built from
// its sentences by [Join], so that nothing can stand in it unaccounted for.
// The Client also judges a finished text ([Client.Judge]) and translates it
// back for the approver ([Client.Translate]).
//
// A model has no tools here and its answer has no effect: it is data until a
// person acts. An answer counts only if it is complete, obeys its JSON schema
// and quotes words that really occur; sources that do not exist make a sentence
// unsourced, and the checks of review/rubric hold such a sentence back. Every
// failure is an [*Error] whose text is a calm sentence for the card.
//
// # Life cycle
//
// Both types are made once ([New], [NewOffline]), are safe for concurrent use
// and need no closing. A call ends within Config.Deadline, with at most
// Config.Tries requests on the way, whatever the endpoints do. Tokens
// and cost are counted per day against a budget in a [Ledger]; when it is used
// up, the built-in drafter takes over until the next day.
package llm
