package bot_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// dim is a store that once cannot be asked for recent replies.
type dim struct {
	storage.Store
	until atomic.Int32 // which question from now fails
}

func (s *dim) RecentReplies(ctx context.Context, source string, n int) ([]review.Reply, error) {
	if s.until.Add(-1) == 0 {
		return nil, errors.New("the database is away")
	}
	return s.Store.RecentReplies(ctx, source, n)
}

// While a draft is written the database is away: that is no failure of the
// drafter, people are shown no checklist, and the draft comes by itself.
func TestADatabaseAwayIsNoDrafterThatFailed(t *testing.T) {
	for nth := int32(1); nth <= 3; nth++ { // examples, what to avoid, the checks
		t.Run("", func(t *testing.T) {
			var store *dim
			h := open(t, func(c *bot.Config) {
				store = &dim{Store: c.Store}
				c.Store, c.Drafter = store, llm.NewOffline()
			})
			id := h.late()
			store.until.Store(nth)
			h.ok(h.press(cleo, id, "parent", "verdict:reply"))
			h.pass(time.Minute)
			if c := h.get(id); c.Status != review.Drafted || c.Trouble != "" {
				t.Errorf("the case is %s: %s", c.Status, c.Trouble)
			}
			if store.until.Load() > 0 {
				t.Error("the database was never away")
			}
		})
	}
}
