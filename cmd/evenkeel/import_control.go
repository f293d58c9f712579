package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/sources/file"
)

// A file is imported into a database that a running evenkeel holds by sending
// it there: the options on the first line, as JSON, then the file as it is. The
// answer is a line of JSON for each thing to tell, and one for the end.

// importLine is a line of the answer.
type importLine struct {
	Note   string        `json:"note,omitempty"`
	Result *importResult `json:"result,omitempty"`
	Error  string        `json:"error,omitempty"`
}

// importGC is by how many percent of what is in use the memory may grow during
// an import inside the desk.
const importGC = 25

// settler is a database that can put away what was written before somebody else
// has to wait for it.
type settler interface {
	Settle(ctx context.Context) error
}

// importOptionsMax bounds the line of the options.
const importOptionsMax = 64 << 10

// controlImport answers an import. It ends when the asker goes away: what was
// stored stays, and the same import goes on from there.
func (s *station) controlImport(w http.ResponseWriter, r *http.Request) {
	out := &importAnswer{w: w, c: http.NewResponseController(w)}
	result, err := s.importHere(r, out)
	line := importLine{Result: &result}
	if err != nil {
		line = importLine{Error: err.Error()}
	}
	out.line(line)
}

func (s *station) importHere(r *http.Request, out *importAnswer) (importResult, error) {
	// The file comes as fast as it is stored, and problems are told meanwhile.
	if err := errors.Join(out.c.EnableFullDuplex(), out.c.SetReadDeadline(time.Now().Add(controlLong))); err != nil {
		return importResult{}, err
	}
	out.w.Header().Set("Content-Type", "application/x-ndjson")
	out.w.WriteHeader(http.StatusOK)
	_ = out.c.Flush()
	in := bufio.NewReaderSize(r.Body, importOptionsMax)
	first, err := in.ReadSlice('\n')
	if err != nil {
		return importResult{}, err
	}
	var o importOptions
	if err := json.Unmarshal(first, &o); err != nil {
		return importResult{}, err
	}
	reader, err := file.Open(in, o.File)
	if err != nil {
		return importResult{}, err
	}
	im := &importing{
		options: o, reader: reader, now: s.now, limit: importBeside, store: s.desk.Store, desk: s.desk,
		moved: func(int64) {}, note: func(n string) { out.line(importLine{Note: n}) },
	}
	if st, ok := s.store.(settler); ok {
		im.settle = st.Settle
	}
	// What an import needs is soon gone again: the desk shall not grow by twice as much.
	defer debug.SetGCPercent(debug.SetGCPercent(importGC))
	return im.run(r.Context())
}

// importAnswer writes lines to whoever asked.
type importAnswer struct {
	mu sync.Mutex
	w  http.ResponseWriter
	c  *http.ResponseController
}

func (a *importAnswer) line(l importLine) {
	a.mu.Lock()
	defer a.mu.Unlock()
	_ = json.NewEncoder(a.w).Encode(l) // an asker who left
	_ = a.c.Flush()
}

// handImport gives the file to the evenkeel that holds the database.
func handImport(ctx context.Context, database string, im *importing, in io.Reader) (importResult, error) {
	options, err := json.Marshal(im.options)
	if err != nil {
		return importResult{}, err
	}
	body := &sent{in: in, moved: im.moved}
	resp, err := postControl(ctx, database, "/import", io.MultiReader(bytes.NewReader(append(options, '\n')), body))
	if err != nil {
		return importResult{}, err
	}
	defer resp.Body.Close()
	lines := json.NewDecoder(resp.Body)
	for {
		var l importLine
		if err := lines.Decode(&l); err != nil {
			return importResult{}, fmt.Errorf("the running evenkeel stopped in the middle; run the import again to go on: %w", err)
		}
		switch {
		case l.Error != "":
			return importResult{}, usage(errors.New(l.Error))
		case l.Result != nil:
			return *l.Result, nil
		}
		im.note(l.Note)
	}
}

// sent counts what is read of it.
type sent struct {
	in    io.Reader
	n     int64
	moved func(int64)
}

func (s *sent) Read(p []byte) (int, error) {
	n, err := s.in.Read(p)
	s.n += int64(n)
	s.moved(s.n)
	return n, err
}
