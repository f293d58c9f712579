package rubric

import "slices"

// trie holds terms by their letters.
type trie struct {
	nodes []node
	where map[int32][]int32 // concept → nodes that end a term of it
}

// node has its children in the order of their letters. Most nodes have one or
// two, which a row finds faster than a map.
type node struct {
	keys []rune
	kids []int32
	low  *[128]int32 // the children again by ASCII letter, where there are many
	ends []termEnd   // of every concept
	core []termEnd   // of those that reviews and facts are read for
}

// child is the node that the letter leads to, 0 for none.
func (n *node) child(r rune) int32 {
	if len(n.keys) <= 8 {
		for i, k := range n.keys {
			if k == r {
				return n.kids[i]
			}
		}
		return 0
	}
	if n.low != nil && r < int32(len(n.low)) {
		return n.low[r]
	}
	if i, ok := slices.BinarySearch(n.keys, r); ok {
		return n.kids[i]
	}
	return 0
}

// termEnd is a term that ends at a node.
type termEnd struct {
	concept int32
	stem    bool // more letters of the word may follow
	core    bool // its concept is one that reviews and facts are read for
}

func newTrie() *trie { return &trie{nodes: make([]node, 1), where: make(map[int32][]int32)} }

func (t *trie) add(term []rune, end termEnd) {
	at := int32(0)
	for _, r := range term {
		n := t.nodes[at].child(r)
		if n == 0 {
			n = int32(len(t.nodes))
			t.nodes = append(t.nodes, node{})
			from := &t.nodes[at]
			i, _ := slices.BinarySearch(from.keys, r)
			from.keys, from.kids = slices.Insert(from.keys, i, r), slices.Insert(from.kids, i, n)
		}
		at = n
	}
	t.end(at, end)
}

func (t *trie) end(at int32, end termEnd) {
	if slices.Contains(t.nodes[at].ends, end) {
		return
	}
	t.nodes[at].ends = append(t.nodes[at].ends, end)
	if end.core {
		t.nodes[at].core = append(t.nodes[at].core, end)
	}
	t.where[end.concept] = append(t.where[end.concept], at)
}

// index adds tables to the nodes with many children, once all terms are in.
func (t *trie) index() {
	for i := range t.nodes {
		n := &t.nodes[i]
		if len(n.keys) <= 8 {
			continue
		}
		n.low = new([128]int32)
		for k, r := range n.keys {
			if r < int32(len(n.low)) {
				n.low[r] = n.kids[k]
			}
		}
	}
}

// alias makes every term of one concept a term of another too.
func (t *trie) alias(from, to int32) {
	for _, at := range t.where[from] {
		for _, e := range t.nodes[at].ends {
			if e.concept == from {
				e.concept, e.core = to, false
				t.end(at, e)
			}
		}
	}
}

// walk calls found for every term that begins at rune i of v, with the rune
// after its end; with core only those that reviews and facts are read for. A wildcard in the text stands for any letter.
func (t *trie) walk(v *view, i int, core bool, found func(e termEnd, end int)) {
	t.step(v, 0, i, core, found)
}

func (t *trie) step(v *view, at int32, i int, core bool, found func(termEnd, int)) {
	for {
		from := &t.nodes[at]
		ends := from.ends
		if core {
			ends = from.core
		}
		for _, e := range ends {
			found(e, i)
		}
		if i >= len(v.runes) || len(from.keys) == 0 {
			return
		}
		if v.runes[i] == wildcard {
			for k, r := range from.keys {
				if r != ' ' {
					t.step(v, from.kids[k], i+1, core, found)
				}
			}
			return
		}
		n := from.child(v.runes[i])
		if n == 0 {
			return
		}
		at, i = n, i+1
	}
}
