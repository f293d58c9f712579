package bot

import (
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// Nearest is what the desk says of a text beside others, for its test.
func Nearest(text string, others []storage.Wording) review.Finding {
	f, _ := nearest(text, others)
	return f
}
