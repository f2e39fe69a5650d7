package import RaftMembership

/// A call to form a cluster that has not ended (rule M9).
package struct Formation: Hashable, Sendable {
    package var members: [FormationMember]
    /// Only the lowest id named asks the others and writes the first entry; the rest wait.
    package var isInitiator: Bool
    var nonce: UInt64
    /// Members that answered "pristine", with the incarnation they will have.
    var answers: [Member]
    /// The cluster that was drawn, while its first entry is being written.
    var forming: ClusterID?
    /// Answers of members with a past, to a member that waits: some are normal while a cluster is being joined.
    var pastAnswers = 0
    /// Who was reported missing last: said once, not at every repetition.
    var reported: [NodeID] = []

    package var missing: [NodeID] {
        members.map(\.id).filter { id in !answers.contains { $0.id == id } }
    }
}

extension RaftEngine {
    /// No cluster, no log: the only state from which one is formed or adopted.
    private var isPristine: Bool { hard.cluster == nil && log.last == .zero }

    mutating func bootstrap(_ members: [FormationMember], _ now: Instant, _ fx: inout Effects) {
        let members = members.sorted { $0.id < $1.id }
        if let formation {
            // One at a time; who asks for the same waits with the others, until it is durable.
            fx.append(
                .formation(
                    formation.members == members
                        ? .waiting(for: formation.missing)
                        : .refusedCall("this node takes part already in forming a cluster of other members")))
            return
        }
        if let cluster = hard.cluster, !membership.isEmpty {
            fx.append(.formation(isCurrent(members) ? .formed(cluster) : .refusedCall(alreadyFormed(cluster))))
            return
        }
        if let reason = whyImpossible(members) {
            fx.append(.formation(.refusedCall("cannot form a cluster: \(reason)")))
            return
        }
        formation = Formation(
            members: members, isInitiator: members.first?.id == member.id, nonce: times.random.next(),
            answers: [member])
        fx.append(.membershipChanged)
        if formation?.isInitiator == true { askUnanswered(&fx) }
        formIfAllAnswered(now, &fx)
        if formation?.forming == nil { times.formation = now + 10 * configuration.heartbeatInterval }
    }

    private func whyImpossible(_ members: [FormationMember]) -> String? {
        guard members.count <= MembershipCodec.maximumMembers else {
            return "\(members.count) members are more than \(MembershipCodec.maximumMembers)"
        }
        do {
            _ = try membershipOf(members, answers: members.map { Member(id: $0.id, incarnation: 1) })
        } catch {
            return "\(error)"
        }
        return members.contains { $0.id == member.id } ? nil : "this node, \(member.id), is not among its members"
    }

    mutating func formationDeadlineReached(_ now: Instant, _ fx: inout Effects) {
        times.formation = .distantFuture
        guard let formation, formation.forming == nil else { return }
        times.formation = now + 10 * configuration.heartbeatInterval
        askUnanswered(&fx)
        if formation.isInitiator, formation.reported != formation.missing {
            self.formation?.reported = formation.missing
            fx.append(.trace(.formationWaiting(formation.missing)))
            fx.append(.formation(.waiting(for: formation.missing)))
        }
    }

    mutating func formationPeerConnected(_ peer: Member, _ fx: inout Effects) {
        guard let formation, formation.isInitiator, formation.forming == nil,
            formation.members.contains(where: { $0.id == peer.id })
        else { return }
        send(.formationQuery(FormationQuery(nonce: formation.nonce)), to: peer, &fx)
    }

    private func askUnanswered(_ fx: inout Effects) {
        guard let formation, hard.cluster == nil else { return }
        // Members that wait ask too, for they may wait in vain.
        for id in formation.missing {
            send(
                .formationQuery(FormationQuery(nonce: formation.nonce)),
                to: Member(id: id, incarnation: .unknown), &fx)
        }
    }

    mutating func receive(_ query: FormationQuery, from sender: Member, _ fx: inout Effects) {
        // A log without a cluster cannot be; if it is, it is history all the same.
        let history = hard.cluster ?? (isPristine ? nil : ClusterID(high: 0, low: 1))
        send(.formationAnswer(FormationAnswer(nonce: query.nonce, cluster: history)), to: sender, &fx)
    }

    mutating func receive(
        _ answer: FormationAnswer, from sender: Member, _ now: Instant, _ fx: inout Effects
    ) {
        newcomerAnswered(answer, from: sender, now, &fx)
        guard var formation, formation.forming == nil, formation.nonce == answer.nonce, isPristine,
            let named = formation.members.first(where: { $0.id == sender.id })
        else { return }
        if answer.cluster != nil, !formation.isInitiator {
            // Who belongs to a new cluster is adopted within moments; who does not is left out for good.
            self.formation?.pastAnswers += 1
            guard formation.pastAnswers >= 8 else { return }
        }
        if let cluster = answer.cluster {
            let address = named.addresses.first ?? "an unknown address"
            refuseFormation(
                "cannot form a cluster: node \(sender.id) at \(address) has history in cluster \(cluster), and this "
                    + "node has none; if this node lost its data, it must rejoin that cluster instead", &fx)
            return
        }
        guard formation.isInitiator else { return }
        formation.answers.removeAll { $0.id == sender.id }
        formation.answers.append(sender)
        self.formation = formation
        formIfAllAnswered(now, &fx)
    }

    /// Writes the first entry, once every named member has said that it is pristine.
    private mutating func formIfAllAnswered(_ now: Instant, _ fx: inout Effects) {
        guard var formation, formation.isInitiator, formation.forming == nil, isPristine,
            formation.missing.isEmpty || breaks(.formWithoutAllAnswers) && formation.answers.count > 1
        else { return }
        guard let membership = try? membershipOf(formation.members, answers: formation.answers) else { return }
        let cluster = ClusterID(high: times.random.next() | 1, low: times.random.next())
        formation.forming = cluster
        self.formation = formation
        times.formation = .distantFuture
        hard.cluster = cluster
        isIdentityUnannounced = true
        hard.term = Term(1)
        var builder = EntryBatchBuilder(firstIndex: 1)
        builder.append(
            .configuration, term: hard.term,
            payload: MembershipCodec.encode(ConfigurationPayload(cluster: cluster, membership: membership)))
        let batch = builder.finish()
        log.append(batch)
        configurations.append(LoggedMembership(id: log.last, membership: membership))
        quorum = configuration.quorum(of: membership)
        persist(entries: batch, hardStateChanged: true, &fx)
        if breaks(.announceBeforeDurable) { formationBecameDurable(now, &fx) }
    }

    /// The identity is on disk: peers may know it.
    mutating func formationBecameDurable(_ now: Instant, _ fx: inout Effects) {
        guard isIdentityUnannounced else { return }
        isIdentityUnannounced = false
        fx.append(.identityChanged)
        guard let formation, let cluster = formation.forming else { return }
        self.formation = nil
        fx.append(.trace(.clusterFormed(cluster)))
        fx.append(.trace(.configurationAdopted(effective.id, membership)))
        fx.append(.membershipChanged)
        fx.append(.formation(.formed(cluster)))
        times.election = now
    }

    mutating func receive(
        _ adopt: Adopt, from sender: Member, to addressee: Member, _ now: Instant, _ fx: inout Effects
    ) {
        // Believed by the very member that was promised to be pristine, and by nobody who has a past.
        guard isPristine, addressee == member, formation?.forming == nil else { return }
        hard.cluster = adopt.cluster
        isIdentityUnannounced = true
        times.formation = .distantFuture
        fx.append(.trace(.clusterAdopted(adopt.cluster)))
        persist(hardStateChanged: true, &fx)
        if breaks(.announceBeforeDurable) { formationBecameDurable(now, &fx) }
    }

    /// A waiting member has received the first configuration.
    mutating func endFormation(_ cluster: ClusterID, _ fx: inout Effects) {
        guard let formation, formation.forming == nil else { return }
        self.formation = nil
        times.formation = .distantFuture
        fx.append(.formation(isCurrent(formation.members) ? .formed(cluster) : .refused(alreadyFormed(cluster))))
    }

    private mutating func refuseFormation(_ reason: String, _ fx: inout Effects) {
        formation = nil
        times.formation = .distantFuture
        fx.append(.trace(.formationRefused(reason)))
        fx.append(.formation(.refused(reason)))
        fx.append(.membershipChanged)
    }

    private func alreadyFormed(_ cluster: ClusterID) -> String {
        let ids = membership.members.map { "\($0.member.id)" }.joined(separator: ", ")
        return "this node belongs to cluster \(cluster) already, with members \(ids)"
    }

    private func isCurrent(_ members: [FormationMember]) -> Bool {
        membership.members.map(\.member.id) == members.map(\.id)
    }

    private func membershipOf(_ members: [FormationMember], answers: [Member]) throws -> Membership {
        try Membership(
            members: members.map { named in
                Membership.Record(
                    member: answers.first { $0.id == named.id } ?? Member(id: named.id, incarnation: .unknown),
                    addresses: named.addresses)
            },
            voters: members.map(\.id))
    }
}
