package rubric

import ("testing";"os";"fmt";"github.com/evenkeel/evenkeel/review";"strings")

func TestScratch(t *testing.T) {
	raw, err := os.ReadFile("/tmp/scratch.txt")
	if err != nil { t.Skip() }
	for _, l := range strings.Split(string(raw), "\n") {
		if l == "" { continue }
		fmt.Println("==", l)
		for _, f := range Check(Input{Text: l, Review: review.Review{Body: "The soup was cold and the waiter was rude, we waited 45 minutes.", Rating: review.StarRating(2)}}) {
			fmt.Println("   ", f.Level, f.Check, "|", f.Words)
		}
	}
}
