package bot

import (
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// Written are the names of the settings in which people write, and may repeat
// what a customer wrote: all of them are JSON or a plain text. Erasing a
// customer looks through them.
func Written() []string {
	return []string{incidentsSetting, causesSetting, styleBook, styleOffers}
}

// Redraw is the work that draws notices of no case anew, of which those on
// incidents and causes quote reviews. What looks as before is left alone.
func Redraw(standing []storage.Message, now time.Time) []review.Work {
	var work []review.Work
	for _, m := range standing {
		key, ok := strings.CutPrefix(m.Key, noticePrefix)
		if !ok || !strings.HasPrefix(key, incidentNotice) && !strings.HasPrefix(key, causeNotice) {
			continue
		}
		channel := ""
		if at := strings.LastIndexByte(key, '@'); at >= 0 {
			channel = key[at+1:]
		}
		work = append(work, review.Work{Kind: noticeKind(m.Chat), Key: key, Text: channel, Due: now, Again: true})
	}
	return work
}
