package federation

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// Token is a bearer token and the time from which it is refused.
type Token struct {
	Value   string
	Expires time.Time
}

// Mint gets a new token from a cloud, masked already.
type Mint func(ctx context.Context) (Token, error)

const (
	// maxMargin is how long before its end a token is renewed at most. A token that lives for seconds is renewed
	// when a quarter of its life is left.
	maxMargin = 5 * time.Minute
	// mintTimeout bounds one renewal. It does not end with the request that asked for it, since others wait too.
	mintTimeout = 2 * time.Minute
	// lifeByWrongClock is how long a token is used that seems to have ended before it came: this machine's clock is
	// fast, and the server refuses the token when its time is up.
	lifeByWrongClock = time.Minute
)

// Credential is a token that renews itself. It is safe for concurrent use.
type Credential struct {
	mint    Mint
	flights singleflight.Group

	mu      sync.Mutex
	current Token
	renewAt time.Time
}

// NewCredential returns a credential that gets its tokens from mint, the first one when it is needed.
func NewCredential(mint Mint) *Credential { return &Credential{mint: mint} }

// Token returns a token that is good for a while, after a renewal where that is due. A renewal that fails is no error
// as long as the token in hand is good.
func (c *Credential) Token(ctx context.Context) (string, error) {
	current, due := c.look()
	if !due {
		return current.Value, nil
	}
	renewed, err := c.Renew(ctx, current.Value)
	if err != nil && time.Now().Before(current.Expires) {
		return current.Value, nil
	}
	return renewed, err
}

// Renew replaces a token that was refused, or is about to be, and returns the new one. Callers side by side share one
// renewal, and a caller who comes after it gets what it brought.
func (c *Credential) Renew(ctx context.Context, refused string) (string, error) {
	// Only the flight that replaces the token in hand mints. Who was refused with that one's own successor does not join
	// it.
	renewal := c.flights.DoChan(refused, func() (any, error) {
		if current, _ := c.look(); current.Value != refused {
			return current.Value, nil
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), mintTimeout)
		defer cancel()
		token, err := c.mint(ctx)
		if err != nil {
			return "", err
		}
		c.keep(token)
		return token.Value, nil
	})
	select {
	case result := <-renewal:
		return result.Val.(string), result.Err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

func (c *Credential) look() (current Token, due bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current, !time.Now().Before(c.renewAt)
}

func (c *Credential) keep(token Token) {
	c.mu.Lock()
	defer c.mu.Unlock()
	life := time.Until(token.Expires)
	if life <= 0 {
		life = lifeByWrongClock
		token.Expires = time.Now().Add(life)
	}
	c.current = token
	c.renewAt = token.Expires.Add(-min(maxMargin, life/4))
}
