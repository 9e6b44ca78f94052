import { DatasetList } from "./DatasetList";
import { DatasetView } from "./DatasetView";

/** `datasetId` is the one opened by /data/:id, null on /data. */
export default function DataPage({ datasetId }: { datasetId: string | null }) {
  return (
    <div className="nw-page">
      {datasetId === null ? <DatasetList /> : <DatasetView key={datasetId} id={decodeURIComponent(datasetId)} />}
    </div>
  );
}
