package crash

// Points names every [Point] of the program, in the order in which a review
// meets them between its arrival and its live reply. A test holds the list
// against the code, so that a new point cannot be forgotten by the tests that
// kill the program at each of them.
func Points() []string {
	return []string{
		"poll.read",             // a page came from the platform, nothing of it is stored
		"intake.before",         // before a review is stored
		"intake.stored",         // it is stored, nobody was told
		"intake.last",           // a delivery is stored but for its last review, which carries the receipt
		"poll.taken",            // the page is stored, the cursor is not moved
		"poll.recorded",         // the cursor is moved
		"work.claimed",          // work is leased, nothing of it is done
		"cards.posting",         // before a card is posted
		"cards.answered",        // it is posted, which only the chat knows
		"cards.updated",         // a card is redrawn, which only the chat knows
		"cards.posted",          // all cards stand, nothing is recorded
		"cards.recorded",        // their addresses are stored
		"triage.read",           // an edited review was read, the suggestion is not stored
		"triage.recorded",       // the suggestion is stored
		"press.before",          // a person pressed, nothing is stored
		"press.stored",          // it is stored, the person was not told
		"draft.before",          // before the drafter is asked
		"draft.written",         // the text is there, not stored
		"draft.recorded",        // the text is stored
		"publish.before",        // before the intent is stored
		"publish.intent",        // the intent is stored, the call not made
		"publish.called",        // the platform acted and answered, nothing is stored
		"publish.recorded",      // its answer is stored
		"publish.looked",        // after a restart: the platform was looked at
		"publish.recovered",     // what was seen there is stored
		"verify.read",           // the reply was read back, nothing is stored
		"verify.recorded",       // the case is live
		"report.intent",         // the intent to report is stored, the call not made
		"report.called",         // the platform took the report and answered, nothing is stored
		"digest.posting",        // before a digest is posted
		"digest.posted",         // it is posted, which only the chat knows
		"storage.commit.before", // a transaction is filled, not committed
		"storage.commit.after",  // it is committed, nobody was told
	}
}
