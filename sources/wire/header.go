package wire

import "net/http"

// Headed is what an answer can be decoded into when its header matters too, on
// platforms that count their pages there. TakeHeader is called with a 2xx
// answer's header, before the body is decoded.
type Headed interface{ TakeHeader(http.Header) }
