package slacktest

import (
	"io"
	"net/http"
	"strconv"
)

// file is something that was uploaded.
type file struct {
	id, alt  string
	want     int // bytes
	body     []byte
	complete bool
	busy     int // posts that are refused while Slack works on it
}

// maxUpload bounds the fake's memory; Slack's own limit is 1 GB.
const maxUpload = 8 << 20

// uploadURL is the first step of an upload.
// https://docs.slack.dev/reference/methods/files.getUploadURLExternal
func (s *Server) uploadURL(a args) (map[string]any, *refusal) {
	length, err := strconv.Atoi(a.str("length"))
	if a.str("filename") == "" || err != nil || length <= 0 || length > maxUpload {
		return nil, no("invalid_arguments")
	}
	f := &file{id: s.id("F"), alt: a.str("alt_txt"), want: length, busy: s.opts.Busy}
	s.files[f.id] = f
	return map[string]any{"upload_url": s.API + "upload/" + f.id, "file_id": f.id}, nil
}

// serveUpload takes the bytes, as a form's file or as they are.
func (s *Server) serveUpload(w http.ResponseWriter, r *http.Request) {
	body := io.Reader(r.Body)
	if err := r.ParseMultipartForm(maxUpload); err == nil {
		for _, headers := range r.MultipartForm.File {
			part, err := headers[0].Open()
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			defer part.Close()
			body = part
		}
	}
	b, err := io.ReadAll(io.LimitReader(body, maxUpload))
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[r.PathValue("id")]
	if err != nil || f == nil || len(b) != f.want {
		http.Error(w, "no such upload, or another length", http.StatusBadRequest)
		return
	}
	f.body = b
}

// completeUpload is the last step. Without a channel only the bot sees it.
// https://docs.slack.dev/reference/methods/files.completeUploadExternal
func (s *Server) completeUpload(a args) (map[string]any, *refusal) {
	var list []struct{ ID, Title string }
	if !a.object("files", &list) || len(list) == 0 {
		return nil, no("invalid_arguments")
	}
	var out []map[string]any
	for _, l := range list {
		f := s.files[l.ID]
		if f == nil || f.body == nil {
			return nil, no("file_not_found")
		}
		f.complete = true
		out = append(out, map[string]any{"id": f.id, "title": l.Title})
	}
	return map[string]any{"files": out}, nil
}

// shown tells whether the files that blocks show can be shown: uploaded whole,
// and worked on long enough. With the lock held.
func (s *Server) shown(blocks []map[string]any) bool {
	for _, b := range blocks {
		of, ok := b["slack_file"].(map[string]any)
		if b["type"] != "image" || !ok {
			continue
		}
		id, _ := of["id"].(string)
		f := s.files[id]
		if f == nil || !f.complete {
			return false
		}
		if f.busy > 0 {
			f.busy--
			return false
		}
	}
	return true
}

// File is what was uploaded under an id.
func (s *Server) File(id string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.files[id]; f != nil && f.complete {
		return f.body
	}
	return nil
}
