/// Watches an engine from outside, step by step: how a simulation sees what no message and no disk shows.
package protocol EngineProbe: AnyObject {
    /// The engine has taken this input; its effects are not carried out yet.
    func stepped(_ engine: RaftEngine, _ input: Input)
    /// The engine wants this written, as a whole (rule L7).
    func willPersist(_ batch: StorageBatch)
}
