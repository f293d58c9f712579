package torture

import (
	"fmt"
	"strings"
)

// Replies that are too much alike are held back, as they should be, and a
// thousand of them are compared with two hundred each: so people put theirs
// together from many small pieces.
var (
	openings = []string{
		"This morning", "At noon", "After closing time", "Before the next round", "In the yard",
		"Down at the quay", "Over coffee", "By the window", "Behind the counter", "With some delay", "Once more",
		"Slowly", "All at once", "Without a word", "Near the gate", "Upstairs", "By lamplight", "In the rain", "Later on",
	}
	folk = []string{
		"our packers", "two colleagues", "the late shift", "a joiner", "the driver", "our glazier", "the apprentice",
		"somebody from the office", "an old friend of the house", "the foreman", "our bookkeeper", "the whole bench",
		"a neighbour", "the night watch", "our carpenter", "the harbour pilot", "a student",
	}
	deeds = []string{
		"looked through", "went over", "counted", "swept", "turned round", "carried out", "sorted", "measured", "weighed",
		"unpacked", "wrote down", "washed", "moved", "photographed", "opened", "wrapped", "labelled", "searched", "dusted", "repainted",
	}
	things = []string{
		"shelf %d", "batch %d", "the crate beside door %d", "every carton of lot %d", "page %d of the ledger", "the yellow trolley",
		"a stack of empty sleeves", "the wicker baskets", "bay %d", "the spare bulbs", "the long ladder", "drawer %d",
		"three rolls of felt", "the brass fittings", "cupboard %d", "the linen bags", "an atlas of old streets", "row %d", "the copper wire",
	}
)

// compose writes a reply, never the same twice.
func (w *person) compose(id int64) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	pick := func(of []string) string {
		s := of[w.rng.IntN(len(of))]
		if strings.Contains(s, "%d") {
			s = fmt.Sprintf(s, id+int64(w.rng.IntN(90_000)))
		}
		return s
	}
	// A reply has to take up what the review says: any of the complaints.
	said := []string{"Dear customer, thank you.", "The parcel, the lamp and its box, the order, the counter, the mails: we have read it."}
	for range 5 {
		said = append(said, fmt.Sprintf("%s %s %s %s.", pick(openings), pick(folk), pick(deeds), pick(things)))
	}
	return strings.Join(append(said, "I am sorry. Please write to care@example.test. Ana, Quay & Sons"), " ")
}
