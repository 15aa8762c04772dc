package h2test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
)

// The error codes of RFC 9113, section 7.
const (
	NoError         = 0
	ProtocolError   = 1
	InternalError   = 2
	RefusedStream   = 7
	Cancel          = 8
	EnhanceYourCalm = 11
	HTTP11Required  = 13
)

// The types and flags of frames that are needed.
const (
	frameData, frameHeaders, frameReset, frameSettings, framePing, frameGoAway = 0, 1, 3, 4, 6, 7

	flagEndStream, flagAck, flagEndHeaders = 1, 1, 4
)

// Conn is a connection, on which frames are written whole.
type Conn struct {
	net.Conn
	mu sync.Mutex
}

func (c *Conn) frame(kind, flags byte, stream uint32, payload []byte) {
	f := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	f = binary.BigEndian.AppendUint32(append(f, flags), stream)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Write(append(f, payload...)) // if it fails, so will the next read
}

// GoAway announces that streams above last are not processed.
func (c *Conn) GoAway(last, code uint32) {
	c.frame(frameGoAway, 0, 0, binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, last), code))
}

// Garbage breaks the protocol.
func (c *Conn) Garbage() { c.frame(frameData, 0, 0, []byte("?")) }

// Stream is a request that has arrived whole.
type Stream struct {
	*Conn
	ID     uint32
	Get    bool // it is a GET
	Body   []byte
	server *Server
}

// Reset ends the stream.
func (s *Stream) Reset(code uint32) {
	s.frame(frameReset, 0, s.ID, binary.BigEndian.AppendUint32(nil, code))
}

// GoAwayBefore announces that this stream is not processed.
func (s *Stream) GoAwayBefore(code uint32) { s.GoAway(max(s.ID, 2)-2, code) }

// Begin responds with a status and the beginning of a body.
func (s *Stream) Begin(status int, body string) {
	// :status with a literal value, not indexed
	s.frame(frameHeaders, flagEndHeaders, s.ID, append([]byte{0x08, 3}, fmt.Sprint(status)...))
	if body != "" {
		s.frame(frameData, 0, s.ID, []byte(body))
	}
}

// Respond responds with a status and v in JSON.
func (s *Stream) Respond(status int, v any) {
	const most = 16 << 10 // in a frame
	body, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	s.Begin(status, "")
	for ; len(body) > most; body = body[most:] {
		s.frame(frameData, 0, s.ID, body[:most])
	}
	s.frame(frameData, flagEndStream, s.ID, body)
}

// serve reads a connection until it ends.
func (h *Server) serve(conn net.Conn) {
	defer conn.Close()
	c := &Conn{Conn: conn}
	preface := make([]byte, 24)
	if _, err := io.ReadFull(conn, preface); err != nil || !strings.HasPrefix(string(preface), "PRI") {
		return
	}
	var settings []byte
	if h.MaxStreams > 0 {
		settings = binary.BigEndian.AppendUint32([]byte{0, 3}, h.MaxStreams)
	}
	c.frame(frameSettings, 0, 0, settings)
	streams := map[uint32]*Stream{}
	for {
		head := make([]byte, 9)
		if _, err := io.ReadFull(conn, head); err != nil {
			return
		}
		payload := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
		if _, err := io.ReadFull(conn, payload); err != nil {
			return
		}
		kind, flags, id := head[3], head[4], binary.BigEndian.Uint32(head[5:])
		switch {
		case kind == frameSettings && flags&flagAck == 0:
			c.frame(frameSettings, flagAck, 0, nil)
		case kind == framePing && flags&flagAck == 0:
			c.frame(framePing, flagAck, 0, payload)
		case kind == frameHeaders && flags&flagEndStream == 0: // it has a body
			streams[id] = &Stream{Conn: c, ID: id, server: h}
			h.count(&h.posts)
		case kind == frameHeaders:
			h.other(h.count(&h.others), &Stream{Conn: c, ID: id, Get: isGet(payload), server: h})
		case kind == frameData:
			s := streams[id]
			s.Body = append(s.Body, payload...)
			if flags&flagEndStream != 0 {
				h.Post(h.count(nil), s)
			}
		}
	}
}

// isGet reports whether a header block has the static entry ":method: GET", which every
// GET has. It is read as RFC 7541, section 6 says, for fields shorter than 127 bytes.
func isGet(block []byte) bool {
	text := func() {
		if n := 1 + int(block[0]&0x7f); n <= 0x7f && n <= len(block) {
			block = block[n:]
		} else {
			block = nil
		}
	}
	for len(block) > 0 {
		b := block[0]
		block = block[1:]
		index, literal := b&0x0f, true
		switch {
		case b == 0x80|2:
			return true
		case b&0x80 != 0, b&0xe0 == 0x20: // indexed, or the size of the table
			literal = false
		case b&0x40 != 0:
			index = b & 0x3f
		}
		if literal && index == 0 {
			text()
		}
		if literal && len(block) > 0 {
			text()
		}
	}
	return false
}
