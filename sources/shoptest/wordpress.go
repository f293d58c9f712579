package shoptest

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/peers"
)

// WordPress is a real WordPress site with a page that customers write below.
type WordPress struct {
	URL       string
	Version   string
	Passwords map[string]string // application passwords of "desk", "colleague" and "helper", a subscriber

	t    testing.TB
	page int
}

// StartWordPress takes Debian's package of WordPress, sets a site up on a
// MariaDB of its own, and serves it on loopback with PHP's own server.
func StartWordPress(t *testing.T) *WordPress {
	t.Helper()
	mariadbd := need(t, "mariadbd", "/usr/sbin/mariadbd", "mariadb-server-core")
	php := need(t, "php", "/usr/bin/php", "php-cli with php-mysql")
	files, err := filepath.Abs("testdata/wordpress")
	if err != nil {
		t.Fatal(err)
	}
	root := unpack(t, files)
	socket := startMariaDB(t, mariadbd)
	port := peers.Port(t)
	w := &WordPress{t: t, URL: "http://127.0.0.1:" + port}
	env := []string{"SHOP_SOCKET=" + socket, "SHOP_URL=" + w.URL, "SHOP_FILES=" + files}
	out := run(t, root, env, php, "-d", "display_errors=stderr", filepath.Join(files, "install.php"), root)
	var made struct {
		Page      int
		Version   string
		Passwords map[string]string
	}
	if err := json.Unmarshal([]byte(out[strings.LastIndex(strings.TrimSpace(out), "\n")+1:]), &made); err != nil {
		t.Fatalf("the site was not set up: %v\n%s", err, out)
	}
	w.page, w.Passwords, w.Version = made.Page, made.Passwords, made.Version
	// Its log of every request is of no interest, unless something fails.
	log := filepath.Join(t.TempDir(), "php.log")
	p := peers.Start(t, peers.Program{Dir: root, Env: env, Args: []string{"sh", "-c", `exec "$0" -S "$1" -t "$2" "$3" 2>"$4"`, php, "127.0.0.1:" + port, root, filepath.Join(files, "router.php"), log}})
	p.Answers(w.URL + "/wp-json/")
	t.Cleanup(func() {
		if said, err := os.ReadFile(log); err == nil && t.Failed() {
			t.Logf("PHP said:\n%s", tail(connections.ReplaceAll(said, nil)))
		}
	})
	return w
}

// connections are the lines in which PHP's server reports that somebody came
// and went.
var connections = regexp.MustCompile(`(?m)^.*(Accepted|Closing)\n`)

// need finds a program.
func need(t testing.TB, name, usual, from string) string {
	t.Helper()
	if p, err := exec.LookPath(name); err == nil {
		return p
	}
	if _, err := os.Stat(usual); err != nil {
		t.Fatalf("this test needs %s; make test-peers installs it on Debian (%s)", name, from)
	}
	return usual
}

// unpack gives the folder of Debian's WordPress with our configuration, without
// installing the package, which would bring a web server along.
func unpack(t testing.TB, files string) string {
	t.Helper()
	config, err := os.ReadFile(filepath.Join(files, "wp-config.php"))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(config)
	dir := cached(t, "wordpress-"+hex.EncodeToString(sum[:6]), func(dir string) error {
		const script = `set -e
apt-get -qq download wordpress 2>apt.log || { apt-get -qq update >>apt.log 2>&1 && apt-get -qq download wordpress 2>>apt.log; } || { cat apt.log >&2; exit 1; }
dpkg-deb -x wordpress_*.deb .
rm -f wordpress_*.deb usr/share/wordpress/wp-config.php`
		cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("fetching Debian's package of WordPress: %w\n%s", err, tail(out))
		}
		return os.WriteFile(filepath.Join(dir, "usr/share/wordpress/wp-config.php"), config, 0o644)
	})
	return filepath.Join(dir, "usr/share/wordpress")
}

// startMariaDB starts a server on a socket in a passing folder, with an empty
// database "wordpress", and gives the socket.
func startMariaDB(t testing.TB, mariadbd string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "evenkeel-db-") // sockets want short names
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	account := cmp.Or(os.Getenv("USER"), "root")
	if os.Geteuid() == 0 {
		account = "root" // nobody else can reach the folder
	}
	data, socket := filepath.Join(dir, "data"), filepath.Join(dir, "s")
	run(t, dir, nil, "mariadb-install-db", "--no-defaults", "--datadir="+data, "--user="+account,
		"--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve")
	start := filepath.Join(dir, "start.sql")
	if err := os.WriteFile(start, []byte("CREATE DATABASE IF NOT EXISTS wordpress CHARACTER SET utf8mb4;\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	peers.Start(t, peers.Program{Dir: dir, Args: []string{"sh", "-c", `exec "$0" "$@" 2>log`, mariadbd, "--no-defaults", "--datadir=" + data, "--user=" + account,
		"--socket=" + socket, "--pid-file=" + filepath.Join(dir, "pid"), "--init-file=" + start, "--skip-networking", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M"}})
	for deadline := time.Now().Add(time.Minute); ; {
		if _, err := os.Stat(socket); err == nil {
			return socket
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			t.Fatalf("MariaDB does not start:\n%s", tail(log))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Write is a visitor writing below the page with the site's own form. It gives
// the comment's number.
func (w *WordPress) Write(author, email, words string) int64 {
	w.t.Helper()
	form := url.Values{"comment_post_ID": {strconv.Itoa(w.page)}, "author": {author}, "email": {email}, "comment": {words}}
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.URL+"/wp-comments-post.php", strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	to, err := res.Location()
	if err != nil {
		said, _ := io.ReadAll(res.Body)
		w.t.Fatalf("the form was answered %s: %s", res.Status, tail(said))
	}
	id, err := strconv.ParseInt(strings.TrimPrefix(to.Fragment, "comment-"), 10, 64)
	if err != nil {
		w.t.Fatalf("the form led to %s", to)
	}
	return id
}

// Comment is what stands on the site, as somebody sees it; without a login name
// as any visitor.
type Comment struct {
	ID      int64
	Parent  int64
	Author  int64
	Status  string
	Content struct{ Rendered, Raw string }
}

// Below is what visitors see below a comment.
func (w *WordPress) Below(id int64) []Comment {
	w.t.Helper()
	var out []Comment
	call(w.t, http.MethodGet, w.URL+"/wp-json/wp/v2/comments?order=asc&parent="+strconv.FormatInt(id, 10), nil, nil, &out)
	return out
}

// As signs a request with somebody's application password.
func (w *WordPress) As(name string) func(*http.Request) {
	return func(r *http.Request) { r.SetBasicAuth(name, w.Passwords[name]) }
}

// Do is somebody using the site's interface.
func (w *WordPress) Do(name, method string, id int64, body map[string]any) Comment {
	w.t.Helper()
	path := w.URL + "/wp-json/wp/v2/comments"
	if id != 0 {
		path += "/" + strconv.FormatInt(id, 10)
	} else {
		body["post"] = w.page
	}
	var out Comment
	call(w.t, method, path, w.As(name), body, &out)
	return out
}
