package torture

import (
	"fmt"
	"strings"
)

// sentences are what people write from when the drafter's text will not do.
// Replies that are too much alike are held back, as they should be, so there
// have to be many.
var sentences = []string{
	"We packed order %d ourselves and did not see that it was late.",
	"That is not how a visit to us should go, and number %d deserved better.",
	"Our workshop looked into batch %d this morning.",
	"You waited, nobody wrote back, and that is on us.",
	"The courier lost a day, we lost another one.",
	"A lamp that breaks on its way is no lamp at all.",
	"Somebody should have picked up the phone when you rang.",
	"Shelf %d is being sorted again by two people.",
	"We read your words twice in our round on Monday.",
	"The counter was short of hands that afternoon.",
	"Since then every box gets a second look before it leaves the yard.",
	"Your note about case %d hangs in our kitchen now.",
	"A cheap carton was the wrong choice for glass.",
	"It took us far too long to answer a simple question.",
	"The label on parcel %d had the wrong street on it.",
	"Nobody told the evening shift what the morning had agreed.",
	"We would rather hear it from you than not at all.",
	"The bench where these are tested stood still for a week.",
	"Your patience was tried more than once here.",
	"A list with open mails now lies on the desk by the door.",
}

// compose writes a reply, never the same twice.
func (w *person) compose(id int64) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	said := []string{"Dear customer, thank you for writing to us."}
	for _, n := range w.rng.Perm(len(sentences))[:4] {
		s := sentences[n]
		if strings.Contains(s, "%d") {
			s = fmt.Sprintf(s, id)
		}
		said = append(said, s)
	}
	return strings.Join(append(said, "I am sorry. Please write to care@example.test. Ana, Quay & Sons"), " ")
}
