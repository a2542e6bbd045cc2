package buildkit

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"

	"github.com/moby/buildkit/session/auth"
	"google.golang.org/grpc"
)

// authority proves to BuildKit that two of its questions come from one client, which may then share registry tokens.
// authprovider keeps what that is proven with in a file of the home directory; here it lives as long as the session, and
// nothing is left behind.
type authority struct {
	auth.AuthServer
	seed []byte
}

// Register implements session.Attachable.
func (a *authority) Register(server *grpc.Server) { auth.RegisterAuthServer(server, a) }

// GetTokenAuthority implements auth.AuthServer.
func (a *authority) GetTokenAuthority(ctx context.Context, request *auth.GetTokenAuthorityRequest) (*auth.GetTokenAuthorityResponse, error) {
	key, err := a.key(ctx, request.Host, request.Salt)
	if err != nil {
		return nil, err
	}
	return &auth.GetTokenAuthorityResponse{PublicKey: key.Public().(ed25519.PublicKey)}, nil
}

// VerifyTokenAuthority implements auth.AuthServer: a signature with its payload behind it, as NaCl writes them.
func (a *authority) VerifyTokenAuthority(ctx context.Context, request *auth.VerifyTokenAuthorityRequest) (*auth.VerifyTokenAuthorityResponse, error) {
	key, err := a.key(ctx, request.Host, request.Salt)
	if err != nil {
		return nil, err
	}
	return &auth.VerifyTokenAuthorityResponse{Signed: append(ed25519.Sign(key, request.Payload), request.Payload...)}, nil
}

// key is another one for each BuildKit, by its salt, so that they can't compare. All who have no credentials have the
// same: https://github.com/moby/buildkit/blob/v0.30.0/session/auth/authprovider/authprovider.go
func (a *authority) key(ctx context.Context, host string, salt []byte) (ed25519.PrivateKey, error) {
	found, err := a.Credentials(ctx, &auth.CredentialsRequest{Host: host})
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, salt)
	if found.Secret != "" {
		mac.Write(append([]byte(host+"\n"), a.seed...))
	}
	return ed25519.NewKeyFromSeed(mac.Sum(nil)), nil
}
