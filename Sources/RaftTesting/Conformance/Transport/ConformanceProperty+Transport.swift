extension ConformanceProperty {
    /// Both ends are told of a connection: the member, and where its clients go.
    public static let connectedTold = ConformanceProperty("connected-told")
    /// Every kind of message arrives as it was sent.
    public static let intact = ConformanceProperty("intact")
    /// Messages of a lane (urgent or bulk) arrive once, in order, in either direction of a connection.
    public static let inOrder = ConformanceProperty("in-order")
    /// Two nodes that both name the other reach one another.
    public static let bothDirections = ConformanceProperty("both-directions")
    /// Batches up to the largest message arrive.
    public static let largeMessages = ConformanceProperty("large-messages")
    /// One flush sends everything queued before, to every peer.
    public static let flush = ConformanceProperty("flush")
    /// A node answers a member that it was not told of on the connection which that one made.
    public static let wayBack = ConformanceProperty("way-back")
    /// What is meant for another member, or another life of this one, is not delivered.
    public static let addressee = ConformanceProperty("addressee")
    /// Who speaks for another member than the one proven is not delivered (rule N1).
    public static let sender = ConformanceProperty("sender")
    /// Nodes of clusters of different names do not connect.
    public static let clusterName = ConformanceProperty("cluster-name")
    /// Nor do nodes of different clusters of the same name.
    public static let clusterIdentity = ConformanceProperty("cluster-identity")
    /// Formation messages only pass while the ends share no cluster (rule M9).
    public static let formationOnly = ConformanceProperty("formation-only")
    /// The receiver is told each peer's life, and a connection it objects to is not kept (rule M10).
    public static let objections = ConformanceProperty("objections")
    /// A peer that goes away is told.
    public static let disconnectedTold = ConformanceProperty("disconnected-told")
    /// A peer that comes back, in another life too, is found again.
    public static let reconnects = ConformanceProperty("reconnects")
    /// Sending to who is not there neither blocks nor fills memory.
    public static let absentPeers = ConformanceProperty("absent-peers")
    /// A peer that is taken from the list is let go.
    public static let updatePeers = ConformanceProperty("update-peers")
    /// A new identity is proven anew.
    public static let updateIdentity = ConformanceProperty("update-identity")
    /// An address in use is an error at start, and harms nobody.
    public static let addressInUse = ConformanceProperty("address-in-use")
    /// Shutting down is idempotent, and nothing is delivered or told afterwards.
    public static let shutdown = ConformanceProperty("shutdown")
}
