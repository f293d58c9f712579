package webconsole

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/storage"
)

// Cards that concern no single case stand on a board: a thread of its own for
// each month, so that the newest are found without reading all of them.

const (
	boardChannel = "-board" // no channel of the playbook begins so
	boardPrefix  = "board-"
	monthLayout  = "2006-01"
	// picturePrefix begins the keys of notes that hold a picture.
	picturePrefix = "picture-"
	boardMost     = 1000 // notices of one month that are read
)

// board is the thread of the present month.
func (c *Console) board(ctx context.Context) (int64, error) {
	body, err := encode(note{})
	if err != nil {
		return 0, err
	}
	n, err := c.Store.PutNote(ctx, storage.Note{Channel: boardChannel, Key: boardPrefix + c.Now().In(c.Location).Format(monthLayout), Body: body, At: c.Now()})
	return n.ID, err
}

// PostPicture implements [bot.Pictures].
func (c *Console) PostPicture(ctx context.Context, at bot.Place, card bot.Card, p bot.Picture) (string, error) {
	body, err := encode(note{PNG: p.PNG, Alt: p.Alt})
	if err != nil {
		return "", c.failed(bot.ErrMisconfigured, "the picture cannot be kept", err)
	}
	n, err := c.Store.PutNote(ctx, storage.Note{Channel: boardChannel, Key: picturePrefix + at.ID(), Body: body, At: c.Now()})
	if err != nil {
		return "", c.failed(bot.ErrUnknown, "", err)
	}
	return c.put(ctx, at, note{Card: &card, Quiet: at.Quiet, Shows: n.Key, Alt: p.Alt})
}

// boardPage is a month's notices, the newest first.
type boardPage struct {
	frame
	At             where
	Month          time.Time
	Notes          []noteView
	Earlier, Later string
}

func (c *Console) notices(w http.ResponseWriter, r *http.Request, v visitor) {
	now := c.Now().In(c.Location)
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, c.Location)
	if asked, err := time.ParseInLocation(monthLayout, r.URL.Query().Get("month"), c.Location); err == nil {
		month = asked
	}
	p := boardPage{frame: c.frame("Notices"), At: whereIs(r), Month: month}
	p.Person, p.CSRF = v.Person, v.csrf()
	p.Earlier = month.AddDate(0, -1, 0).Format(monthLayout)
	if next := month.AddDate(0, 1, 0); next.Before(now) {
		p.Later = next.Format(monthLayout)
	}
	notes, err := c.monthly(r.Context(), month)
	if err != nil {
		c.broken(w, r, err)
		return
	}
	for _, n := range notes {
		p.Notes = append(p.Notes, c.noteView(r.Context(), v, n, p.At))
	}
	slices.Reverse(p.Notes)
	c.draw(w, r, "notices", p)
}

// monthly reads the notices of a month, oldest first.
func (c *Console) monthly(ctx context.Context, month time.Time) ([]storage.Note, error) {
	root, err := c.Store.NoteByKey(ctx, boardPrefix+month.Format(monthLayout))
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []storage.Note
	for after := int64(0); len(all) < boardMost; {
		some, err := c.Store.Notes(ctx, boardChannel, root.ID, after, threadPage)
		if err != nil || len(some) == 0 {
			return all, err
		}
		all = append(all, some...)
		after = some[len(some)-1].ID
	}
	return all, nil
}

// picture is the PNG of a note.
func (c *Console) picture(w http.ResponseWriter, r *http.Request, _ visitor) {
	var body note
	n, err := c.Store.NoteByKey(r.Context(), r.PathValue("note"))
	if err == nil && strings.HasPrefix(n.Key, picturePrefix) {
		body, err = decode(n)
	}
	switch {
	case err != nil && !errors.Is(err, storage.ErrNotFound):
		c.broken(w, r, err)
	case len(body.PNG) == 0:
		c.trouble(w, r, http.StatusNotFound, "There is no such picture.")
	default:
		w.Header().Set("Content-Type", "image/png")
		w.Header().Set("Content-Length", strconv.Itoa(len(body.PNG)))
		_, _ = w.Write(body.PNG) // a reader who left
	}
}
