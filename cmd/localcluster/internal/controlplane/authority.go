package controlplane

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"time"

	certutil "k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// validity outlasts any local cluster; nothing renews these certificates.
const validity = 365 * 24 * time.Hour

// authority is the cluster's own certificate authority. Its key is made at each start, so a kubeconfig of one
// cluster never opens another.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// pair is a certificate and its key, PEM encoded.
type pair struct{ cert, key []byte }

// newAuthority makes a certificate authority.
func newAuthority() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the certificate authority's key: %w", err)
	}
	cert, err := certutil.NewSelfSignedCACert(certutil.Config{CommonName: "localcluster"}, key)
	if err != nil {
		return nil, fmt.Errorf("making the certificate authority: %w", err)
	}
	return &authority{cert: cert, key: key}, nil
}

// pair returns the authority's own certificate and key: the controller manager signs certificate requests with them.
func (a *authority) pair() (pair, error) { return encode(a.cert.Raw, a.key) }

// client issues a certificate that signs in as user; groups are its Kubernetes groups.
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates
func (a *authority) client(user string, groups ...string) (pair, error) {
	return a.issue(x509.Certificate{
		Subject:     pkix.Name{CommonName: user, Organization: groups},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
}

// server issues a serving certificate for the address under which the server is reached.
func (a *authority) server(name string, address netip.Addr) (pair, error) {
	return a.issue(x509.Certificate{
		Subject:     pkix.Name{CommonName: name},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost"},
		IPAddresses: []net.IP{address.AsSlice()},
	})
}

func (a *authority) issue(template x509.Certificate) (pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return pair{}, fmt.Errorf("making the key of %q: %w", template.Subject.CommonName, err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return pair{}, fmt.Errorf("making the serial number of %q: %w", template.Subject.CommonName, err)
	}
	template.SerialNumber = serial
	template.NotBefore, template.NotAfter = a.cert.NotBefore, time.Now().Add(validity)
	template.KeyUsage = x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, &template, a.cert, key.Public(), a.key)
	if err != nil {
		return pair{}, fmt.Errorf("signing the certificate of %q: %w", template.Subject.CommonName, err)
	}
	return encode(der, key)
}

func encode(der []byte, key *ecdsa.PrivateKey) (pair, error) {
	pemKey, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return pair{}, fmt.Errorf("encoding a key: %w", err)
	}
	block := pem.Block{Type: certutil.CertificateBlockType, Bytes: der}
	return pair{cert: pem.EncodeToMemory(&block), key: pemKey}, nil
}
